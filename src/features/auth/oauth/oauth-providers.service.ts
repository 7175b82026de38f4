import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { OAuthConfig, OAuthProviderConfig } from '../../../platform/config/variables/oauth.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import { Dependencies } from '../../../platform/resilience/dependencies.ts';
import { Links } from '../../../platform/config/links.ts';
import { GitHubClient } from './github-client.ts';
import { ProviderNotFound } from './oauth.errors.ts';
import { OidcClient } from './oidc-client.ts';
import type { ProviderClient } from './provider-client.ts';
import { providerTimeoutSeconds } from './provider-client.ts';
import { fetchErrors, fetchFrom } from './provider-fetch.ts';

/** A provider that users can log in with. */
export interface OAuthProvider {
  readonly config: OAuthProviderConfig;
  readonly client: ProviderClient;
  /** Where the browser starts a login. */
  readonly authorizeUrl: string;
  /** Where the provider sends the browser back to; each provider has its own, against mix-up attacks (RFC 9700 4.4). */
  readonly callbackUrl: string;
}

/** The hosted page that a login returns to when no front end started it. */
export const hostedCallbackPath = '/account/provider-login';

/** The admin console, which links accounts of its user. */
const consolePath = '/admin/';

/** The configured providers. None is contacted before a user logs in with it. */
@Injectable()
export class OAuthProviders {
  private readonly providers: ReadonlyMap<string, OAuthProvider>;
  private readonly redirects: ReadonlySet<string>;

  constructor(
    @Inject(configToken('oauth')) { providers, redirects }: OAuthConfig,
    links: Links,
    dependencies: Dependencies,
  ) {
    this.redirects = new Set([...redirects, links.url(hostedCallbackPath), links.url(consolePath)]);
    this.providers = new Map(
      providers.map((config) => [
        config.name,
        {
          config,
          client: clientOf(config, dependencies),
          authorizeUrl: links.url(`/v1/auth/oauth/${config.name}/authorize`),
          callbackUrl: links.url(`/v1/auth/oauth/${config.name}/callback`),
        },
      ]),
    );
  }

  /** The names of all providers, in the order of the configuration. */
  get names(): readonly string[] {
    return [...this.providers.keys()];
  }

  /** @throws ProviderNotFound */
  get(name: string): OAuthProvider {
    const provider = this.providers.get(name);
    if (provider === undefined) throw new ProviderNotFound();
    return provider;
  }

  /** Whether a login may return to this URL, compared as text. */
  allowsRedirect(redirect: string): boolean {
    return this.redirects.has(redirect);
  }
}

function clientOf(config: OAuthProviderConfig, dependencies: Dependencies): ProviderClient {
  const provider = dependencies.add('login-providers', {
    label: config.name,
    isFailure: (error) => error instanceof Error && fetchErrors.has(error.name),
    isFailedResult: (response) => response instanceof Response && response.status >= 500,
    opensAfter: 10,
    halfOpenAfterMs: 5000,
    retries: 2,
  });
  const fetch = fetchFrom(provider);
  return config.protocol === 'github' ? new GitHubClient(config, fetch) : new OidcClient(config, fetch);
}

/** The provider did not respond in time. */
export class ProviderTimeout extends Error {}

/**
 * Limits the time of several requests to a provider together; each one alone is limited by its client.
 * @throws ProviderTimeout, and what `work` throws
 */
export async function withinTimeLimit<T>(work: Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timeout = sleep(providerTimeoutSeconds * 1000, undefined, { signal: limit.signal }).then(() => {
    throw new ProviderTimeout(`No response within ${providerTimeoutSeconds} s`);
  });
  // Both promises may be rejected after the other one has settled.
  timeout.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    limit.abort();
  }
}
