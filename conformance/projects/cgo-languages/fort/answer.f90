function answer() result(n)
  integer :: n
  n = 42
end function answer
