package admission_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// namespaces is how many there are: a cluster of some size.
const namespaces = 200

// apiServer stands in for the API server: the manager finds the namespaces there that it keeps in memory. Nothing is asked
// of it while requests are measured.
func apiServer(b *testing.B) (kubeconfig string) {
	b.Helper()
	mux := http.NewServeMux()
	answer := func(path string, value any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			switch query := r.URL.Query(); {
			case query.Get("sendInitialEvents") != "":
				refuseStreaming(w)
			case query.Get("watch") != "":
				w.Header().Set("Content-Type", "application/json")
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			default:
				reply(w, http.StatusOK, value)
			}
		})
	}
	answer("/version", version.Info{Major: "1", Minor: "37", GitVersion: "v1.37.2"})
	answer("/api", metav1.APIVersions{TypeMeta: typeMeta("v1", "APIVersions"), Versions: []string{"v1"}})
	answer("/apis", metav1.APIGroupList{TypeMeta: typeMeta("v1", "APIGroupList")})
	answer("/api/v1", coreResources())
	answer("/api/v1/namespaces", metav1.PartialObjectMetadataList{
		TypeMeta: typeMeta("meta.k8s.io/v1", "PartialObjectMetadataList"), ListMeta: metav1.ListMeta{ResourceVersion: "1"}, Items: namespaceList(),
	})
	answer("/api/v1/limitranges", metav1.List{TypeMeta: typeMeta("v1", "LimitRangeList"), ListMeta: metav1.ListMeta{ResourceVersion: "1"}})
	server := httptest.NewServer(mux)
	b.Cleanup(func() { server.CloseClientConnections(); server.Close() })

	config := clientcmdapi.NewConfig()
	config.Clusters["it"] = &clientcmdapi.Cluster{Server: server.URL}
	config.Contexts["it"] = &clientcmdapi.Context{Cluster: "it"}
	config.CurrentContext = "it"
	kubeconfig = filepath.Join(b.TempDir(), "kubeconfig")
	must(b, clientcmd.WriteToFile(*config, kubeconfig))
	return kubeconfig
}

func coreResources() metav1.APIResourceList {
	verbs := metav1.Verbs{"get", "list", "watch"}
	return metav1.APIResourceList{
		TypeMeta: typeMeta("v1", "APIResourceList"), GroupVersion: "v1",
		APIResources: []metav1.APIResource{
			{Name: "namespaces", SingularName: "namespace", Kind: "Namespace", Verbs: verbs},
			{Name: "limitranges", SingularName: "limitrange", Kind: "LimitRange", Namespaced: true, Verbs: verbs},
		},
	}
}

func namespaceList() []metav1.PartialObjectMetadata {
	list := make([]metav1.PartialObjectMetadata, namespaces)
	for i := range list {
		list[i] = metav1.PartialObjectMetadata{
			TypeMeta: typeMeta("v1", "Namespace"),
			ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprintf("team-%d", i), ResourceVersion: "1", Labels: map[string]string{"plimsoll.dev/enabled": "true", "team": "x"},
				Annotations: map[string]string{"plimsoll.dev/requests": "cpu=100m,memory=128Mi", "plimsoll.dev/ttl": "1h"},
			},
		}
	}
	list[0].Name = "serverless"
	return list
}

// refuseStreaming makes client-go fall back from a streamed list to a plain one.
func refuseStreaming(w http.ResponseWriter) {
	reply(w, http.StatusUnprocessableEntity, metav1.Status{
		TypeMeta: typeMeta("v1", "Status"), Status: metav1.StatusFailure, Reason: metav1.StatusReasonInvalid, Code: http.StatusUnprocessableEntity,
	})
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func typeMeta(version, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: version, Kind: kind}
}
