import { randomBytes } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { v7 as uuidv7 } from 'uuid';
import { EncryptedState } from '../../../platform/crypto/encrypted-state.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { isSameSecret, secretHash } from '../../../platform/crypto/secrets.ts';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import type { OAuthCodeDto } from './oauth-code.ts';
import type { HostedLogin, OAuthCaller, OAuthFlow, OAuthRequest, VerifiedLogin } from './oauth-flow.ts';
import { OAuthLoginsRepository } from './oauth-logins.repository.ts';
import { OAuthProviders, withinTimeLimit } from './oauth-providers.service.ts';
import {
  InvalidOAuthCallback,
  InvalidOAuthCode,
  InvalidTicket,
  ProviderUnavailable,
  RedirectNotAllowed,
  RedirectParameterNotAllowed,
} from './oauth.errors.ts';
import type { ProviderClient, ProviderIdentity } from './provider-client.ts';
import type { CallbackError } from './provider-errors.ts';
import { callbackError, describeProviderError } from './provider-errors.ts';

/** Seconds that a user has to log in at the provider. */
export const flowTtlSeconds = 600;
/** Seconds between the start of a link or step-up by its session and the navigation of the browser. */
export const ticketTtlSeconds = 60;
const codeTtlSeconds = 60;

/** The URL of the provider, and what the browser keeps until it returns. */
export interface StartedFlow {
  readonly url: string;
  readonly cookie: string;
}

/** The parameters of a navigation that starts a flow. */
export interface AuthorizeParameters {
  readonly redirect: string;
  readonly codeChallenge: string;
  readonly ticket?: string;
}

/** The browser part of logins with providers: to the provider and back, up to the code that a front end exchanges. */
@Injectable()
export class OAuthFlows {
  private readonly log = new Logger(OAuthFlows.name);
  private readonly cookies: EncryptedState<OAuthFlow>;
  private readonly tickets: EncryptedState<OAuthRequest>;

  constructor(
    private readonly providers: OAuthProviders,
    private readonly logins: OAuthLoginsRepository,
    private readonly throttle: LoginThrottle,
    private readonly audit: AuditService,
    private readonly encryptor: Encryptor,
  ) {
    this.cookies = new EncryptedState(encryptor, 'oauth flow', flowTtlSeconds);
    this.tickets = new EncryptedState(encryptor, 'oauth ticket', ticketTtlSeconds);
  }

  /**
   * The URL at which a browser starts a flow of a session within `ticketTtlSeconds`. Its ticket alone gives nothing: what
   * the flow leads to is completed in the session, with the code verifier.
   * @throws ProviderNotFound, RedirectNotAllowed
   */
  async startUrl(request: OAuthRequest & { readonly caller: OAuthCaller }): Promise<string> {
    const { provider, purpose, redirect, codeChallenge } = request;
    const { userId, sessionId } = request.caller;
    const { authorizeUrl } = this.providers.get(provider);
    if (!this.providers.allowsRedirect(redirect)) throw new RedirectNotAllowed();
    await this.audit.record('authn_provider_requested', { subjectId: userId, reason: `${purpose} ${provider}` });
    const caller = { userId, sessionId };
    const ticket = this.tickets.encode({ provider, purpose, caller, redirect, codeChallenge });
    return `${authorizeUrl}?${new URLSearchParams({ redirect, codeChallenge, ticket }).toString()}`;
  }

  /** @throws ProviderNotFound, RedirectParameterNotAllowed, InvalidTicket, ProviderUnavailable */
  async start(name: string, { redirect, codeChallenge, ticket }: AuthorizeParameters): Promise<StartedFlow> {
    const { client, callbackUrl: redirectUri } = this.providers.get(name);
    this.assertRedirectAllowed(redirect);
    const login = { provider: name, purpose: 'login', redirect, codeChallenge } as const;
    const request = ticket === undefined ? login : this.tickets.decode(ticket);
    if (request?.provider !== name || request.redirect !== redirect || request.codeChallenge !== codeChallenge)
      throw new InvalidTicket();
    const secrets = { state: randomState(), nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
    const reauthenticates = request.purpose === 'step-up';
    try {
      const url = await withinTimeLimit(client.authorizationUrl({ redirectUri, ...secrets, reauthenticates }));
      const cookie = this.cookies.encode({ ...request, ...secrets, id: uuidv7(), startedAt: Date.now() });
      return { url: url.href, cookie };
    } catch (error) {
      throw new ProviderUnavailable(error);
    }
  }

  /**
   * Verifies the response of a provider, and returns the URL of the front end: with a code, or with an error if the
   * provider refused. Nothing is stored before the response is known to belong to a flow of this browser, which is then
   * accepted once.
   * @throws ProviderNotFound, InvalidOAuthCallback, TooManyAttempts
   */
  async complete(name: string, parameters: URLSearchParams, cookie: string | undefined): Promise<string> {
    const { client, callbackUrl } = this.providers.get(name);
    const flow = this.cookies.decode(cookie);
    const isOfBrowser = flow?.provider === name && isSameSecret(flow.state, parameters.get('state') ?? '');
    if (!isOfBrowser || !(await this.logins.claim(flow.id, flowTtlSeconds))) return await this.rejectCallback(name);
    const redirect = new URL(flow.redirect);
    const result = await this.redeem(client, flow, new URL(`${callbackUrl}?${parameters.toString()}`));
    if (typeof result === 'string') redirect.searchParams.set('error', result);
    else redirect.searchParams.set('code', await this.issueCode(flow, result));
    return redirect.href;
  }

  /**
   * The verified login of a code. Call `consume` in the transaction that uses it.
   * @throws InvalidOAuthCode after the failure was recorded; TooManyAttempts instead of it when the limit is exceeded
   */
  async find(code: OAuthCodeDto, expected: Pick<OAuthRequest, 'purpose' | 'caller'>): Promise<VerifiedLogin> {
    const login = await this.findStored(code);
    if (login !== undefined && login.purpose !== 'hosted-login' && isFor(login, expected)) return login;
    return await this.rejectCode();
  }

  /** The same for a code that logs in, of a provider login or of the hosted pages. */
  async findLogin(code: OAuthCodeDto): Promise<VerifiedLogin | HostedLogin> {
    const login = await this.findStored(code);
    if (login?.purpose === 'hosted-login') return login;
    if (login !== undefined && isFor(login, { purpose: 'login' })) return login;
    return await this.rejectCode();
  }

  /**
   * The URL at which a client gets the code of a session that the hosted pages created.
   * @throws RedirectParameterNotAllowed
   */
  async hostedLoginUrl(
    { redirect, codeChallenge }: Pick<OAuthRequest, 'redirect' | 'codeChallenge'>,
    refreshToken: string,
  ): Promise<string> {
    this.assertRedirectAllowed(redirect);
    const id = uuidv7();
    await this.logins.claim(id, codeTtlSeconds);
    const url = new URL(redirect);
    url.searchParams.set('code', await this.storeCode(id, { purpose: 'hosted-login', codeChallenge, refreshToken }));
    return url.href;
  }

  /** @throws RedirectParameterNotAllowed */
  assertRedirectAllowed(redirect: string): void {
    if (!this.providers.allowsRedirect(redirect)) throw new RedirectParameterNotAllowed();
  }

  /** Consumes a code in the caller's transaction. @throws InvalidOAuthCode, which rolls back, when it was consumed */
  async consume({ code }: OAuthCodeDto): Promise<void> {
    if (!(await this.logins.consume(secretHash(code)))) throw new InvalidOAuthCode();
  }

  /** What the provider states, or the error for the front end after the failure was recorded. */
  private async redeem(
    client: ProviderClient,
    flow: OAuthFlow,
    response: URL,
  ): Promise<ProviderIdentity | CallbackError> {
    try {
      return await withinTimeLimit(client.redeem(response, flow));
    } catch (error) {
      const details = describeProviderError(error);
      this.log.warn({ provider: flow.provider, ...details }, 'Login with a provider failed');
      const reason = `${flow.provider}: ${details.code ?? details.error}`;
      await this.audit.recordFailure('authn_login_fail', { reason });
      return callbackError(error);
    }
  }

  private async issueCode(flow: OAuthFlow, identity: ProviderIdentity): Promise<string> {
    const { id, provider, purpose, caller, codeChallenge, startedAt } = flow;
    return await this.storeCode(id, {
      provider,
      purpose,
      ...(caller && { caller }),
      codeChallenge,
      startedAt,
      identity,
    });
  }

  /** Stores a login, encrypted, for the code that is returned. */
  private async storeCode(id: string, login: VerifiedLogin | HostedLogin): Promise<string> {
    const code = randomBytes(32).toString('base64url');
    const encryptedLogin = this.encryptor.encrypt(JSON.stringify(login), id);
    await this.logins.storeCode({ id, codeHash: secretHash(code), encryptedLogin, ttlSeconds: codeTtlSeconds });
    return code;
  }

  /** The login of a code whose challenge belongs to the verifier. */
  private async findStored({ code, codeVerifier }: OAuthCodeDto): Promise<VerifiedLogin | HostedLogin | undefined> {
    const stored = await this.logins.find(secretHash(code));
    if (stored === undefined) return undefined;
    const login = JSON.parse(this.encryptor.decrypt(stored.encryptedLogin, stored.id)) as VerifiedLogin | HostedLogin;
    return isSameSecret(challengeOf(codeVerifier), login.codeChallenge) ? login : undefined;
  }

  private async rejectCode(): Promise<never> {
    await this.throttle.count(this.throttle.buckets.oneTimeToken());
    await this.audit.recordFailure('authn_login_fail', { reason: 'code of a login not valid' });
    throw new InvalidOAuthCode();
  }

  private async rejectCallback(name: string): Promise<never> {
    await this.throttle.count(this.throttle.buckets.oneTimeToken());
    await this.audit.recordFailure('authn_login_fail', { reason: `${name}: callback does not belong to this browser` });
    throw new InvalidOAuthCallback();
  }
}

function isFor({ purpose, caller }: VerifiedLogin, expected: Pick<OAuthRequest, 'purpose' | 'caller'>): boolean {
  const isCaller = caller?.userId === expected.caller?.userId && caller?.sessionId === expected.caller?.sessionId;
  return purpose === expected.purpose && isCaller;
}

/** The S256 challenge of a verifier (RFC 7636 4.2). */
export function challengeOf(codeVerifier: string): string {
  return Buffer.from(secretHash(codeVerifier)).toString('base64url');
}
