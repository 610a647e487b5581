//go:build !extra

package list

const Extra = "plain"
