package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// TestClusterErrors: whoever gives a wrong address or wrong credentials reads which, and not what broke because of it.
func TestClusterErrors(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, tc := range map[string]struct {
		file string
		want []string
	}{
		"no file":        {file: filepath.Join(t.TempDir(), "none"), want: []string{"finding the cluster", "no such file", "say which by --kubeconfig"}},
		"nobody listens": {file: pointingTo(t, gone.URL), want: []string{"no answer from the API server at " + gone.URL, "connection refused"}},
		"not let in":     {file: pointingTo(t, refusing.URL), want: []string{"no answer from the API server at " + refusing.URL, "credentials"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kubeconfig(&config{flags: flags{Kubeconfig: tc.file}})
			for _, want := range tc.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want in it %q", err, want)
				}
			}
		})
	}
}

func pointingTo(t *testing.T, url string) string {
	t.Helper()
	c := clientcmdapi.NewConfig()
	c.Clusters["it"] = &clientcmdapi.Cluster{Server: url}
	c.Contexts["it"] = &clientcmdapi.Context{Cluster: "it"}
	c.CurrentContext = "it"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*c, path); err != nil {
		t.Fatal(err)
	}
	return path
}
