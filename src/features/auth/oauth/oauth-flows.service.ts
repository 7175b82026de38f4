import { Injectable, Logger } from '@nestjs/common';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import { v7 as uuidv7 } from 'uuid';
import { EncryptedState } from '../../../platform/crypto/encrypted-state.ts';
import { Encryptor } from '../../../platform/crypto/encryptor.ts';
import { isSameSecret } from '../../../platform/crypto/secrets.ts';
import { AuditService } from '../../audit/index.ts';
import { LoginThrottle } from '../login-throttling/index.ts';
import { codeTtlSeconds, OAuthCodes } from './oauth-codes.service.ts';
import type { OAuthCaller, OAuthFlow, OAuthRequest } from './oauth-flow.ts';
import { OAuthLoginsRepository } from './oauth-logins.repository.ts';
import { OAuthProviders, withinTimeLimit } from './oauth-providers.service.ts';
import {
  InvalidOAuthCallback,
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
    private readonly codes: OAuthCodes,
    encryptor: Encryptor,
  ) {
    this.cookies = new EncryptedState(encryptor, 'oauth flow', flowTtlSeconds);
    this.tickets = new EncryptedState(encryptor, 'oauth ticket', ticketTtlSeconds);
  }

  /**
   * The URL at which a browser starts a flow of a session within `ticketTtlSeconds`. Its ticket alone gives nothing:
   * what the flow leads to is completed in the session, with the code verifier.
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
    url.searchParams.set('code', await this.codes.issue(id, { purpose: 'hosted-login', codeChallenge, refreshToken }));
    return url.href;
  }

  /** @throws RedirectParameterNotAllowed */
  assertRedirectAllowed(redirect: string): void {
    if (!this.providers.allowsRedirect(redirect)) throw new RedirectParameterNotAllowed();
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
    return await this.codes.issue(id, {
      provider,
      purpose,
      ...(caller && { caller }),
      codeChallenge,
      startedAt,
      identity,
    });
  }

  private async rejectCallback(name: string): Promise<never> {
    await this.throttle.count(this.throttle.buckets.oneTimeToken());
    await this.audit.recordFailure('authn_login_fail', { reason: `${name}: callback does not belong to this browser` });
    throw new InvalidOAuthCallback();
  }
}
