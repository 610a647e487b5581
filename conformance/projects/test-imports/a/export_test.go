package a

// Hidden shows what is hidden.
const Hidden = hidden
