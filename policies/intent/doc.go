// Package intent reads what people wrote: the annotations under plimsoll.dev/ on a workload or on its Namespace. One table
// (Keys) says for every key where it may stand, what is legal and what it does; Parse, the error messages, the generated
// reference and the fuzz targets all follow it.
package intent
