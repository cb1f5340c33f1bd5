// Package trigger is the catalogue of trigger types: which there are, which parameters they take, and what of it the engine
// and the adapters need to know. A type is one row; names, keys and defaults are KEDA's for the type, so that a trigger
// that works there is understood here.
//
// The catalogue does not connect to anything. What is checked here is what can be known without the network: keys, forms,
// and whether something required is missing. A parameter that may come from elsewhere (authenticationRef, or the target's
// environment by the key with "FromEnv" behind it) counts as given when such a place is named.
package trigger
