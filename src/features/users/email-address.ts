/** The form in which two spellings of an address are the same account's: NFC and lower case. */
export function normalizedEmail(address: string): string {
  return address.normalize('NFC').toLowerCase();
}
