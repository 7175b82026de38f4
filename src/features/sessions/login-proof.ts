/** The account's password, as the hash that it was held against. */
interface PasswordProof {
  readonly userId: string;
  readonly passwordHash: string | null;
}

/** A link that was mailed to the account's address, opened while the account was in this version. */
interface MailProof {
  readonly userId: string;
  readonly address: string;
  readonly version: number;
}

/** What a login has shown of an account: a session begins only while it is still so. */
export type LoginProof = PasswordProof | MailProof;
