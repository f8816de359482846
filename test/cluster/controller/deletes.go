// Reads worlds, one line of JSON each, and writes the names of the pods that the DaemonSet
// controller's manage() deletes in them, as one line of JSON each. It is compiled into one package
// with the controller's own source, which `parts.ts` copies beside it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	clientset "k8s.io/client-go/kubernetes"
	unversionedapps "k8s.io/client-go/kubernetes/typed/apps/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller"
	testingclock "k8s.io/utils/clock/testing"
)

type world struct {
	DaemonSet *apps.DaemonSet `json:"daemonSet"`
	Nodes     []*v1.Node      `json:"nodes"`
	Pods      []*v1.Pod       `json:"pods"`
	// The controller-revision-hash of the current template.
	Hash string    `json:"hash"`
	Now  time.Time `json:"now"`
}

func main() {
	if err := utilfeature.DefaultMutableFeatureGate.Set("TaintTolerationComparisonOperators=true"); err != nil {
		panic(err)
	}
	// It logs every taint value that is not a number.
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var given world
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			panic(err)
		}
		if err := out.Encode(deletes(given)); err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}

func deletes(given world) []string {
	pods := cache.NewSharedIndexInformer(&cache.ListWatch{}, &v1.Pod{}, 0, cache.Indexers{})
	if err := controller.AddPodControllerIndexer(pods); err != nil {
		panic(err)
	}
	for _, pod := range given.Pods {
		if err := pods.GetIndexer().Add(pod); err != nil {
			panic(err)
		}
	}
	control := &controller.FakePodControl{DeletePodName: []string{}}
	// As idle as after a start: nothing is in back-off. The clock does not advance.
	clock := testingclock.NewFakeClock(given.Now)
	dsc := &DaemonSetsController{
		kubeClient:    client{daemonSet: given.DaemonSet},
		eventRecorder: &record.FakeRecorder{},
		podControl:    control,
		burstReplicas: BurstReplicas,
		expectations:  controller.NewControllerExpectations(),
		podIndexer:    pods.GetIndexer(),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.DefaultTypedControllerRateLimiter[string]()),
		failedPodsBackoff: flowcontrol.NewFakeBackOff(time.Second, 15*time.Minute, clock),
	}
	defer dsc.queue.ShutDown()
	if err := dsc.manage(context.Background(), given.DaemonSet, given.Nodes, given.Hash); err != nil {
		panic(err)
	}
	return control.DeletePodName
}

// client answers the one request that manage() makes: whether the DaemonSet that is about to adopt
// a pod still exists.
type client struct {
	clientset.Interface
	unversionedapps.AppsV1Interface
	unversionedapps.DaemonSetInterface
	daemonSet *apps.DaemonSet
}

func (c client) AppsV1() unversionedapps.AppsV1Interface { return c }

func (c client) DaemonSets(string) unversionedapps.DaemonSetInterface { return c }

func (c client) Get(context.Context, string, metav1.GetOptions) (*apps.DaemonSet, error) {
	return c.daemonSet, nil
}
