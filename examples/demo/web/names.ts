/** Names for people who do not exist. */
const FIRST = 'ABCDEFGHIJKLMNOPRSTVWYZ';
const LAST =
  'Abbott Byrne Castellano Demir Edwards Farrugia Georgiou Haddad Ivanov Jovanovic Kaur Lindqvist Moreau Nguyen Okafor Petrov Quinn Rossi Singh Tanaka Ueda Vella Whitlam Xu Yilmaz Zammit'.split(
    ' ',
  );

export function madeUpName(n: number): string {
  return `${FIRST[(n * 7) % FIRST.length]}. ${LAST[(n * 11) % LAST.length]}`;
}
