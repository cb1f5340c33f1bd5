package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// What a broker is asked of a partition instead of a time.
const (
	latest   = -1
	earliest = -2
)

// offset of a partition, or why it is not known.
type offset struct {
	at  int64
	err error
}

type offsets map[partition]offset

// of gives the offset of a partition that was asked for.
func (o offsets) of(p partition) offset {
	at, ok := o[p]
	if !ok {
		return offset{err: errors.New("the broker left it out of its answer")}
	}
	return at
}

// group is what a group has committed, or why that is not known.
type group struct {
	offsets offsets
	err     error
}

type groups map[string]*group

func (g groups) err(name string) error {
	if g[name] == nil {
		return errors.New("the broker left it out of its answer")
	}
	return g[name].err
}

// topic is which partitions a topic has, in order, or why that is not known.
type topic struct {
	partitions []int32
	err        error
}

// round is one batch: what it asks and what it is told. Its steps are those of run.
type round struct {
	client  *kgo.Client
	queries []*query
	topics  map[string]topic
	// whole are the groups that are asked for all that they have committed, commits those asked for partitions.
	whole, commits groups
	ends, starts   offsets
}

func newRound(client *kgo.Client, queries []sources.Query) *round {
	x := &round{
		client: client, queries: make([]*query, len(queries)), topics: map[string]topic{},
		whole: groups{}, commits: groups{}, ends: offsets{}, starts: offsets{},
	}
	for i, q := range queries {
		x.queries[i] = q.(*query)
	}
	return x
}

// run asks. The error is about the cluster as a whole.
func (x *round) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{x.askGroups, x.askTopics, x.askCommits, x.askEnds, x.askStarts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// askGroups asks for all offsets of the groups that name no topic.
func (x *round) askGroups(ctx context.Context) error {
	wanted := map[string][]partition{}
	for _, q := range x.queries {
		if q.topics == nil {
			wanted[q.group] = nil
		}
	}
	return x.fetch(ctx, wanted, x.whole)
}

// askTopics asks for the partitions of all topics, unless that is known from a moment ago.
func (x *round) askTopics(ctx context.Context) error {
	names := map[string]bool{}
	for _, q := range x.queries {
		topics, _ := x.topicsOf(q) // a group without topics is an error of its query's, found again when that is answered
		for _, name := range topics {
			names[name] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	request := kmsg.NewPtrMetadataRequest()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = &name
		request.Topics = append(request.Topics, t)
		x.topics[name] = topic{err: kerr.UnknownTopicOrPartition}
	}
	response, err := x.client.RequestCachedMetadata(ctx, request, metadataAge)
	if err != nil {
		return err
	}
	for i := range response.Topics {
		if t := &response.Topics[i]; t.Topic != nil {
			x.topics[*t.Topic] = topicFrom(t)
		}
	}
	return nil
}

func topicFrom(t *kmsg.MetadataResponseTopic) topic {
	out := topic{err: kerr.ErrorForCode(t.ErrorCode)}
	for i := range t.Partitions {
		out.partitions = append(out.partitions, t.Partitions[i].Partition)
	}
	slices.Sort(out.partitions)
	return out
}

// askCommits asks for the committed offsets of the queries that name topics.
func (x *round) askCommits(ctx context.Context) error {
	wanted := map[string][]partition{}
	for _, q := range x.queries {
		if partitions, err := x.partitionsOf(q); err == nil && q.topics != nil {
			wanted[q.group] = append(wanted[q.group], partitions...)
		}
	}
	return x.fetch(ctx, wanted, x.commits)
}

// askEnds asks where the partitions end.
func (x *round) askEnds(ctx context.Context) error {
	return x.list(ctx, latest, x.ends, func(q *query, committed int64) bool {
		return committed != uncommitted || q.rules.needsStart(committed)
	})
}

// askStarts asks where those begin of which that is needed.
func (x *round) askStarts(ctx context.Context) error {
	return x.list(ctx, earliest, x.starts, func(q *query, committed int64) bool { return q.rules.needsStart(committed) })
}

// fetch asks for the committed offsets of groups: of the wanted partitions, or of all where that is nil.
func (x *round) fetch(ctx context.Context, wanted map[string][]partition, into groups) error {
	if len(wanted) == 0 {
		return nil
	}
	request := kmsg.NewPtrOffsetFetchRequest()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		g := kmsg.NewOffsetFetchRequestGroup()
		g.Group = name
		for topic, ids := range byTopic(wanted[name]) {
			t := kmsg.NewOffsetFetchRequestGroupTopic()
			t.Topic, t.Partitions = topic, ids
			g.Topics = append(g.Topics, t)
		}
		request.Groups = append(request.Groups, g)
	}
	return each(x.client.RequestSharded(ctx, request), func(request *kmsg.OffsetFetchRequest, err error) {
		for i := range request.Groups {
			into[request.Groups[i].Group] = &group{err: err}
		}
	}, func(response *kmsg.OffsetFetchResponse) {
		for i := range response.Groups {
			into[response.Groups[i].Group] = groupFrom(&response.Groups[i])
		}
	})
}

// groupFrom: a group that does not exist has committed nothing.
func groupFrom(g *kmsg.OffsetFetchResponseGroup) *group {
	out := &group{offsets: offsets{}, err: kerr.ErrorForCode(g.ErrorCode)}
	if errors.Is(out.err, kerr.GroupIDNotFound) {
		out.err = nil
	}
	for i := range g.Topics {
		t := &g.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			out.offsets[partition{t.Topic, p.Partition}] = offset{max(p.Offset, uncommitted), kerr.ErrorForCode(p.ErrorCode)}
		}
	}
	return out
}

// list asks for one end of the partitions that need it.
func (x *round) list(ctx context.Context, end int64, into offsets, needs func(q *query, committed int64) bool) error {
	wanted := map[partition]bool{}
	for _, q := range x.queries {
		partitions, _ := x.partitionsOf(q) // an error is the query's, found again when that is answered
		for _, p := range partitions {
			if committed, err := x.committed(q, p); err == nil && needs(q, committed) {
				wanted[p] = true
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	request := kmsg.NewPtrListOffsetsRequest()
	for topic, ids := range byTopic(slices.Collect(maps.Keys(wanted))) {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = topic
		for _, id := range ids {
			p := kmsg.NewListOffsetsRequestTopicPartition()
			p.Partition, p.Timestamp = id, end
			t.Partitions = append(t.Partitions, p)
		}
		request.Topics = append(request.Topics, t)
	}
	return each(x.client.RequestSharded(ctx, request), func(request *kmsg.ListOffsetsRequest, err error) {
		for i := range request.Topics {
			for _, p := range request.Topics[i].Partitions {
				into[partition{request.Topics[i].Topic, p.Partition}] = offset{err: err}
			}
		}
	}, func(response *kmsg.ListOffsetsResponse) {
		for i := range response.Topics {
			for _, p := range response.Topics[i].Partitions {
				into[partition{response.Topics[i].Topic, p.Partition}] = offset{p.Offset, kerr.ErrorForCode(p.ErrorCode)}
			}
		}
	})
}

// byTopic lists partitions under their topics, each once and in order.
func byTopic(partitions []partition) map[string][]int32 {
	out := map[string][]int32{}
	for _, p := range partitions {
		out[p.topic] = append(out[p.topic], p.id)
	}
	for topic, ids := range out {
		slices.Sort(ids)
		out[topic] = slices.Compact(ids)
	}
	return out
}

// each hands out the answers of the brokers that were asked. One that fails takes its share of the questions with it; where
// all fail there is no cluster.
func each[Request kmsg.Request, Response kmsg.Response](
	shards []kgo.ResponseShard, failed func(Request, error), answered func(Response),
) error {
	var first error
	good := 0
	for _, shard := range shards {
		request, isRequest := shard.Req.(Request)
		response, isResponse := shard.Resp.(Response)
		switch {
		case shard.Err == nil && isResponse:
			answered(response)
			good++
			continue
		case isRequest:
			failed(request, shard.Err)
		}
		// What a broker says itself is about the questions, not about the cluster.
		if said := (*kerr.Error)(nil); errors.As(shard.Err, &said) && !refuses(shard.Err) {
			good++
		} else if first == nil {
			first = shard.Err
		}
	}
	if good == 0 {
		return first
	}
	return nil
}
