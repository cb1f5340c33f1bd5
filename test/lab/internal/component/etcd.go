package component

import "go.etcd.io/etcd/server/v3/etcdmain"

func etcd(args []string) int {
	etcdmain.Main(args) // on an error it ends the process itself
	return 0
}
