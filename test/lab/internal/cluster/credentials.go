package cluster

import (
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/pki"
)

// Files of the lab's keys and certificates. Each .crt has its .key.
const (
	caFile           = "ca.crt"
	caKeyFile        = "ca.key"
	etcdCAFile       = "etcd-ca.crt"
	frontProxyCAFile = "front-proxy-ca.crt"
	tokenKeyFile     = "service-account.key"
	tokenPublicFile  = "service-account.pub"

	etcdPair       = "etcd"
	etcdClientPair = "etcd-client"
	servingPair    = "serving"
	frontProxyPair = "front-proxy-client"
	adminPair      = "admin"

	frontProxyUser = "front-proxy-client"
)

// accounts are the users that the components act as. Those of Kubernetes are known to its own default roles; what kwok and
// metrics-server may do is in objects/.
func accounts() map[string]string {
	return map[string]string{
		controllerManager: "system:kube-controller-manager",
		scheduler:         "system:kube-scheduler",
		kwok:              "lab:kwok",
		metricsServer:     "lab:metrics-server",
	}
}

// authorities are three, as in any cluster with care: who may log in to the API, who may act as the API server towards an
// aggregated API, and who may open etcd are different questions, and one authority for all would answer each with yes.
type authorities struct {
	cluster, frontProxy, etcd *pki.Authority
}

func newAuthorities() (authorities, error) {
	var a authorities
	var err error
	for name, authority := range map[string]**pki.Authority{
		"lab-ca":             &a.cluster,
		"lab-front-proxy-ca": &a.frontProxy,
		"lab-etcd-ca":        &a.etcd,
	} {
		if *authority, err = pki.NewAuthority(name); err != nil {
			return authorities{}, err
		}
	}
	return a, nil
}

// writeCredentials makes all keys and certificates, and the kubeconfigs.
func writeCredentials(dir home.Dir, apiURL string) error {
	a, err := newAuthorities()
	if err != nil {
		return err
	}
	w := credentialWriter{dir: dir}
	w.file(caFile, a.cluster.Cert)
	w.file(caKeyFile, a.cluster.Key)
	w.file(etcdCAFile, a.etcd.Cert)
	w.file(frontProxyCAFile, a.frontProxy.Cert)
	w.tokenKeys()
	w.pair(etcdPair)(a.etcd.Server("etcd", loopback, "localhost"))
	w.pair(etcdClientPair)(a.etcd.Client("kube-apiserver"))
	w.pair(frontProxyPair)(a.frontProxy.Client(frontProxyUser))
	w.pair(servingPair)(a.cluster.Server("lab", servingNames()...))
	admin := w.pair(adminPair)(a.cluster.Client("lab-admin", "system:masters"))
	w.kubeconfig(dir.Kubeconfig(), newKubeconfig(apiURL, a.cluster.Cert, admin))
	for component, user := range accounts() {
		pair, err := a.cluster.Client(user)
		w.keep(err)
		w.kubeconfig(dir.PKI(component+".kubeconfig"), newKubeconfig(apiURL, a.cluster.Cert, pair))
	}
	return w.err
}

// servingNames are the names by which the API server and all others but etcd are reached: by loopback, and, by the API server
// itself, as Services.
func servingNames() []string {
	return []string{
		loopback, "localhost",
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		"metrics-server.kube-system.svc",
	}
}

// credentialWriter writes files until one fails.
type credentialWriter struct {
	dir home.Dir
	err error
}

func (w *credentialWriter) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *credentialWriter) file(name string, text []byte) {
	if w.err == nil {
		w.err = os.WriteFile(w.dir.PKI(name), text, 0o600)
	}
}

// pair takes what the authority answers, so that a call reads as one line.
func (w *credentialWriter) pair(name string) func(pki.Pair, error) pki.Pair {
	return func(pair pki.Pair, err error) pki.Pair {
		w.keep(err)
		w.file(name+".crt", pair.Cert)
		w.file(name+".key", pair.Key)
		return pair
	}
}

func (w *credentialWriter) tokenKeys() {
	private, public, err := pki.NewSigningKey()
	w.keep(err)
	w.file(tokenKeyFile, private)
	w.file(tokenPublicFile, public)
}

func (w *credentialWriter) kubeconfig(path string, config *api.Config) {
	if w.err != nil {
		return
	}
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		w.err = fmt.Errorf("writing %s: %w", path, err)
	}
}

// newKubeconfig holds its keys itself: it can be copied, or mounted, alone.
func newKubeconfig(apiURL string, ca []byte, user pki.Pair) *api.Config {
	const name = "lab"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: apiURL, CertificateAuthorityData: ca}
	config.AuthInfos[name] = &api.AuthInfo{ClientCertificateData: user.Cert, ClientKeyData: user.Key}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name, Namespace: "default"}
	config.CurrentContext = name
	return config
}
