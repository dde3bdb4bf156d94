/** Where an error came from: the same code can mean something else to a statement that writes. */
export type During = 'connecting' | 'reading' | 'writing';
