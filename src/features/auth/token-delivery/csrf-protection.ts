import { createHmac, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { HttpConfig, ServiceConfig } from '../../../platform/config/config.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { derivedKeys } from '../../../platform/crypto/derived-key.ts';
import { isSameSecret } from '../../../platform/crypto/secrets.ts';
import { CsrfRejected, JsonRequired } from './token-delivery.errors.ts';

/** What the checks read of a request. */
interface CheckedRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values in turn, as they were sent. */
  readonly raw: { readonly rawHeaders: readonly string[] };
}

/**
 * Accepts requests with the refresh token cookie from pages of allowed origins only (ASVS 3.5.1, OWASP CSRF cheat sheet):
 * a media type that forms cannot send, `Sec-Fetch-Site` or `Origin`, and a token that only the pages of the session know.
 */
@Injectable()
export class CsrfProtection {
  private readonly keys: readonly [Buffer, ...Buffer[]];
  private readonly origins: ReadonlySet<string>;
  private readonly sameSiteAllowed: boolean;

  constructor(
    @Inject(configToken('service')) service: ServiceConfig,
    @Inject(configToken('http')) { corsOrigins, sameSiteCookies }: HttpConfig,
  ) {
    this.keys = derivedKeys(service, 'csrf tokens');
    this.origins = new Set([...corsOrigins, new URL(service.publicUrl).origin]);
    this.sameSiteAllowed = sameSiteCookies;
  }

  /** A token of this session: a random nonce, and its HMAC together with the session id. Valid as long as the session. */
  issue(sessionId: string): string {
    const nonce = randomBytes(16).toString('base64url');
    return `${nonce}.${sign(this.keys[0], sessionId, nonce)}`;
  }

  /** @throws JsonRequired, CsrfRejected */
  assertAllowedOrigin(request: CheckedRequest): void {
    const mediaType = sentMediaType(request);
    // A GET has no body to describe; one with another media type is refused all the same.
    if (mediaType === undefined ? request.method !== 'GET' : !/^application\/json\s*(;|$)/i.test(mediaType)) {
      throw new JsonRequired();
    }
    if (!this.isAllowed(request.headers)) throw new CsrfRejected();
  }

  /**
   * An unknown session needs no protection: its refresh token is refused where it is used.
   * @throws CsrfRejected unless the request has a token, and one of this session if there is one
   */
  assertToken(request: CheckedRequest, sessionId: string | undefined): void {
    const token = request.headers['x-csrf-token'];
    if (typeof token !== 'string') throw new CsrfRejected();
    if (sessionId === undefined) return;
    const [nonce = '', signature = ''] = token.split('.', 2);
    if (!this.keys.some((key) => isSameSecret(signature, sign(key, sessionId, nonce)))) throw new CsrfRejected();
  }

  private isAllowed({ origin, 'sec-fetch-site': site }: CheckedRequest['headers']): boolean {
    if (site === 'same-origin') return true;
    // A sibling host may belong to another party: it needs an entry in the list too.
    const isListed = typeof origin === 'string' && this.origins.has(origin);
    return site === undefined ? isListed : site === 'same-site' && this.sameSiteAllowed && isListed;
  }
}

function sign(key: Buffer, sessionId: string, nonce: string): string {
  return createHmac('sha256', key).update(`${sessionId}.${nonce}`).digest('base64url');
}

/** As it was sent: the parsers remove the Content-Type of an empty body from `headers`. */
function sentMediaType({ raw: { rawHeaders } }: CheckedRequest): string | undefined {
  const at = rawHeaders.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'content-type');
  return at < 0 ? undefined : rawHeaders[at + 1];
}
