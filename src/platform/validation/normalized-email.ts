/** Returns the form in which two spellings of an email address identify the same account: lower case, NFC. */
export function normalizedEmail(email: string): string {
  return email.toLowerCase().normalize('NFC');
}
