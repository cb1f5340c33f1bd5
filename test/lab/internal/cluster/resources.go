package cluster

import "k8s.io/apimachinery/pkg/runtime/schema"

const rbacGroup = "rbac.authorization.k8s.io"

// What the lab itself asks the API server for.
var (
	nodes               = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
	serviceAccounts     = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	clusterRoleBindings = schema.GroupVersionResource{Group: rbacGroup, Version: "v1", Resource: "clusterrolebindings"}
	apiServices         = schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
)

// resources says where each kind that a new cluster is given lives. Discovery would say it too, later: it takes as long as
// everything else here.
func resources() map[schema.GroupKind]schema.GroupVersionResource {
	const flowControl = "flowcontrol.apiserver.k8s.io"
	return map[schema.GroupKind]schema.GroupVersionResource{
		{Kind: "Node"}:                                 nodes,
		{Kind: "ServiceAccount"}:                       serviceAccounts,
		{Kind: "Service"}:                              {Version: "v1", Resource: "services"},
		{Group: rbacGroup, Kind: "ClusterRole"}:        {Group: rbacGroup, Version: "v1", Resource: "clusterroles"},
		{Group: rbacGroup, Kind: "ClusterRoleBinding"}: clusterRoleBindings,
		{Group: rbacGroup, Kind: "RoleBinding"}:        {Group: rbacGroup, Version: "v1", Resource: "rolebindings"},
		{Group: flowControl, Kind: "FlowSchema"}:       {Group: flowControl, Version: "v1", Resource: "flowschemas"},
		{Group: apiServices.Group, Kind: "APIService"}: apiServices,
	}
}
