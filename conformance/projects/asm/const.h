#define BONUS 3
