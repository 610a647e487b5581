// Package fact is C, wrapped.
package fact
