// Package arch checks that the code keeps to its architecture: who may import whom, what the pure core must not do, and who
// alone may write workloads. The rules are a table (rules.go); each is a small function from the loaded code to findings.
//
// The rules are checked twice. TestRepository runs them on this repository and wants no finding. TestRulesFindViolations
// runs each on a small module in testdata that breaks it and wants exactly the findings marked there: a rule that cannot
// fail is worth nothing.
package arch
