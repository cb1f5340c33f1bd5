// Command trivial is the least that an admission webhook can be: it decodes the AdmissionReview by Kubernetes' own types and
// allows. What it takes is what the transport takes; the benchmark compares with it.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
)

func main() {
	address := flag.String("address", "127.0.0.1:9444", "address to listen on")
	folder := flag.String("cert-dir", ".", "folder of tls.crt and tls.key")
	flag.Parse()
	http.HandleFunc("/mutate", allow)
	server := &http.Server{Addr: *address, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServeTLS(*folder+"/tls.crt", *folder+"/tls.key"))
}

func allow(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "not an AdmissionReview", http.StatusBadRequest)
		return
	}
	answer := admissionv1.AdmissionReview{
		TypeMeta: review.TypeMeta,
		Response: &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true},
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		log.Print(err)
	}
}
