package component

import (
	_ "time/tzdata" // CronJobs name time zones, and a small image has no database of them

	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl's ways to log in elsewhere
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register" // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserverapp "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanagerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// Each does what the main function of its own program does.

func apiServer([]string) int { return cli.Run(apiserverapp.NewAPIServerCommand()) }

func controllerManager([]string) int {
	return cli.Run(controllermanagerapp.NewControllerManagerCommand())
}

func scheduler([]string) int { return cli.Run(schedulerapp.NewSchedulerCommand()) }

func kubectl([]string) int {
	if err := cli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err) // prints it the way users know, and ends the process
	}
	return 0
}
