import { Problem } from './problem.ts';
import { problemKind } from './problem-kind.ts';

const header = 'Content-Digest';

/** The Content-Digest header cannot be read (RFC 9530). */
export class InvalidContentDigest extends Problem {
  static override readonly kind = problemKind({
    slug: 'invalid-content-digest',
    status: 400,
    title: 'Content digest is invalid',
    description:
      'The `Content-Digest` header is not a dictionary (RFC 9530) with a SHA-256 under `sha-256`. The request was not ' +
      'executed.',
    resolution: 'Send `Content-Digest: sha-256=:…:` with the Base64 of the SHA-256 of the body.',
  });

  constructor(detail: string) {
    super({ detail, errors: [{ header, code: 'content_digest', detail }] });
  }
}

/** The request has an Idempotency-Key and no digest by which a repetition could be recognised. */
export class ContentDigestRequired extends Problem {
  static override readonly kind = problemKind({
    slug: 'content-digest-required',
    status: 400,
    title: 'Content digest is required',
    description:
      'The body is not kept, so that a repeated request with the same `Idempotency-Key` is recognised by the ' +
      '`Content-Digest` of its body. The request was not executed.',
    resolution: 'Send `Content-Digest` (RFC 9530) with `sha-256`, or no `Idempotency-Key`.',
  });
}

/** The body has another digest than its header states. */
export class ContentDigestMismatch extends Problem {
  static override readonly kind = problemKind({
    slug: 'content-digest-mismatch',
    status: 400,
    title: 'Content digest does not match',
    description: 'The received body has another SHA-256 than `Content-Digest` states. The request was not executed.',
    resolution: 'Compute the digest of the bytes that you send, and send the request again.',
  });
}
