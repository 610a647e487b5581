// Package twice is C++, wrapped.
package twice
