// Package protocol is generated from externalscaler.proto: KEDA's external-scaler protocol. After a change of that file:
//
//	protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative externalscaler.proto
package protocol
