// A function called PART.
int PART(int value);
int PART(int value)
{
    return value + 1;
}
