/** The form in which two spellings of an address are the same account's: lower case in NFC. It has no other such form. */
export function normalizedEmail(address: string): string {
  return address.toLowerCase().normalize('NFC');
}
