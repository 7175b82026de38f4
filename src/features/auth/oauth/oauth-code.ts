/** A code and the verifier that its client kept. */
export interface PresentedCode {
  readonly code: string;
  readonly codeVerifier: string;
}

/** The member of a request that contains a code. */
export const codeMember = {
  min: 1,
  max: 128,
  description: 'The parameter `code` of the redirect, valid once within a minute.',
  example: 'nq3yWkqVw1m0nB6m5J7rGJbS0o2d8s1xY4tF9uQeR2k',
} as const;

/** The member of a request that contains the verifier of a code. */
export const codeVerifierMember = {
  min: 43,
  max: 128,
  pattern: /^[A-Za-z0-9._~-]{43,128}$/,
  description: 'The verifier whose challenge started the login (RFC 7636).',
  example: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
} as const;
