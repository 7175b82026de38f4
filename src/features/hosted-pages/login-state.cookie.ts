import { Inject, Injectable } from '@nestjs/common';
import type { AuthConfig } from '../../platform/config/config.ts';
import { configToken } from '../../platform/config/config.module.ts';
import { EncryptedState } from '../../platform/crypto/encrypted-state.ts';
import { Encryptor } from '../../platform/crypto/encryptor.ts';
import { HostCookies } from '../../platform/http/server/host-cookies.ts';
import type { Language } from '../../platform/i18n/language.ts';
import type { MfaMethod } from '../auth/mfa/index.ts';
import type { Destination } from './destination.ts';
import type { PageExchange } from './page-exchange.decorator.ts';

/** A login that continues on another page. */
export interface LoginState {
  /** Where it leads to; absent for the account screens. */
  readonly destination?: Destination | undefined;
  /** The one of its first page. */
  readonly language?: Language;
  /** The second factor that is still to be verified. */
  readonly mfa?: { readonly mfaToken: string; readonly methods: readonly MfaMethod[] };
  /** Of the login with a provider that was started. */
  readonly codeVerifier?: string;
}

const cookieName = 'login';
/** Long enough for a second factor, and for the pages of a provider. */
const minLifetimeSeconds = 600;

/**
 * Keeps a login between its pages, encrypted, in the browser that started it. `Lax`, because a provider and the webmail
 * of a magic link navigate the browser here. A form repeats the state, so that of two tabs each continues its own login.
 */
@Injectable()
export class LoginStateCookie {
  /** A login by magic link continues when its link is opened. */
  private readonly lifetimeSeconds: number;
  private readonly states: EncryptedState<LoginState>;

  constructor(
    private readonly cookies: HostCookies,
    encryptor: Encryptor,
    @Inject(configToken('auth')) { magicLinkTtlSeconds }: AuthConfig,
  ) {
    this.lifetimeSeconds = Math.max(minLifetimeSeconds, magicLinkTtlSeconds);
    this.states = new EncryptedState(encryptor, 'hosted login', this.lifetimeSeconds);
  }

  /** The value of the cookie, and the state in it. */
  read({ request }: PageExchange): { readonly value: string; readonly state: LoginState } | undefined {
    const value = this.cookies.read(request, cookieName);
    const state = this.decode(value);
    return value === undefined || state === undefined ? undefined : { value, state };
  }

  decode(value: string | undefined): LoginState | undefined {
    return this.states.decode(value);
  }

  set({ reply }: PageExchange, state: LoginState): void {
    const value = this.states.encode(state);
    this.cookies.set(reply, cookieName, { value, maxAgeSeconds: this.lifetimeSeconds, sameSite: 'Lax' });
  }

  clear({ reply }: PageExchange): void {
    this.cookies.set(reply, cookieName, { value: '', maxAgeSeconds: 0, sameSite: 'Lax' });
  }
}
