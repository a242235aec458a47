//go:build tools

// Package tools names the programs, so that go.mod and go.sum hold what they need.
package tools

import (
	_ "k8s.io/cloud-provider-aws/cmd/aws-cloud-controller-manager"
)
