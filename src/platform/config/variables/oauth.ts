import { z } from 'zod';
import { isPlainObject } from '../../validation/objects.ts';
import { redirects } from './oauth-redirects.ts';
import type { Variable } from './values.ts';
import { httpUrl } from './values.ts';

/** A provider whose accounts users can log in with. */
export interface OAuthProviderConfig {
  /** Part of the paths of the provider. */
  readonly name: string;
  readonly protocol: 'oidc' | 'github';
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scopes: readonly string[];
  /** The one algorithm of its ID tokens and logout tokens (ASVS 9.1.2). */
  readonly idTokenAlgorithm: string;
  /** Whether its verified email addresses prove that the user owns them. */
  readonly emailTrusted: boolean;
}

/** Login with the accounts of providers. */
export interface OAuthConfig {
  readonly providers: readonly OAuthProviderConfig[];
  /** The only URLs that a login returns to. */
  readonly redirects: readonly string[];
}

const openId = { protocol: 'oidc', scopes: ['openid', 'email', 'profile'], emailTrusted: true } as const;

/** What a preset sets; the configuration of a provider may set the other members. */
const presets = {
  oidc: openId,
  google: { ...openId, issuer: 'https://accounts.google.com' },
  // Administrators of a tenant can give its accounts any email address.
  microsoft: { ...openId, emailTrusted: false },
  github: {
    protocol: 'github',
    issuer: 'https://github.com',
    scopes: ['read:user', 'user:email'],
    emailTrusted: true,
  },
} as const;

type Preset = keyof typeof presets;

/** The issuer of one tenant. `common` and the like accept the accounts of every organization. */
const microsoftTenant = /^https:\/\/login\.microsoftonline\.com\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/v2\.0$/;

/** As the provider writes it: a slash at its end is part of it. */
const issuer = z
  .string('must be a string')
  .max(255, 'must have at most 255 characters')
  .superRefine((value, context) => {
    for (const { message } of httpUrl.safeParse(value).error?.issues ?? []) context.addIssue(message);
  });

const text = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(1024, 'must have at most 1024 characters')
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

const providerFields = z.strictObject({
  preset: z.enum(Object.keys(presets) as [Preset, ...Preset[]], 'must be oidc, google, microsoft or github').optional(),
  issuer: issuer.optional(),
  clientId: text,
  clientSecret: text,
  scopes: z.array(text, 'must be a list of strings').max(32, 'must have at most 32 entries').optional(),
  idTokenAlgorithm: z
    .enum(['RS256', 'PS256', 'ES256', 'EdDSA'], 'must be RS256, PS256, ES256 or EdDSA')
    .default('RS256'),
  emailTrusted: z.boolean('must be true or false').optional(),
});

type ProviderFields = z.output<typeof providerFields>;

const providerName = /^[a-z][a-z0-9-]{0,31}$/;

/** A JSON object of at most 16 providers by name. */
const providers = z.string().transform((json, context): readonly OAuthProviderConfig[] => {
  const entries = entriesOf(json);
  if (entries === undefined || entries.length > 16) {
    context.addIssue('must be a JSON object of at most 16 providers by name');
    return z.NEVER;
  }
  return entries.flatMap(([name, value]) => {
    const { provider, problems } = providerOf(name, value);
    for (const problem of problems) context.addIssue(problem);
    return provider ?? [];
  });
});

function entriesOf(json: string): [string, unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isPlainObject(value) ? Object.entries(value) : undefined;
  } catch {
    return undefined;
  }
}

interface ParsedProvider {
  readonly provider?: OAuthProviderConfig;
  /** Without the invalid values, which may be secrets. */
  readonly problems: readonly string[];
}

function providerOf(name: string, value: unknown): ParsedProvider {
  if (!providerName.test(name)) return { problems: [`a name must match ${providerName.source}`] };
  const parsed = providerFields.safeParse(value);
  if (!parsed.success)
    return { problems: parsed.error.issues.map(({ path, message }) => `${[name, ...path].join('.')} ${message}`) };
  const { preset = name in presets ? (name as Preset) : 'oidc', ...fields } = parsed.data;
  const problems = presetProblems(preset, fields).map((problem) => `${name}.${problem}`);
  return problems.length > 0 ? { problems } : { provider: withPreset(name, preset, fields), problems };
}

function presetProblems(preset: Preset, fields: ProviderFields): readonly string[] {
  const { scopes, emailTrusted } = fields;
  const problems: string[] = [];
  if (fields.issuer === undefined && !('issuer' in presets[preset])) problems.push('issuer is required');
  if (preset === 'google' && fields.issuer !== undefined) problems.push('issuer is set by the preset');
  if (preset === 'microsoft' && fields.issuer !== undefined && !microsoftTenant.test(fields.issuer))
    problems.push('issuer must be https://login.microsoftonline.com/<tenant id>/v2.0, of one tenant');
  if (preset === 'microsoft' && emailTrusted === true) problems.push('emailTrusted must not be true');
  if (presets[preset].protocol === 'oidc' && scopes?.includes('openid') === false)
    problems.push('scopes must have openid');
  return problems;
}

function withPreset(name: string, preset: Preset, fields: ProviderFields): OAuthProviderConfig {
  const defaults = { issuer: '', ...presets[preset] };
  const { protocol } = defaults;
  const issuer = fields.issuer ?? defaults.issuer;
  return {
    name,
    protocol,
    // Of GitHub it is the URL of the server, to which paths are appended.
    issuer: protocol === 'github' ? issuer.replace(/\/+$/, '') : issuer,
    clientId: fields.clientId,
    clientSecret: fields.clientSecret,
    scopes: fields.scopes ?? defaults.scopes,
    idTokenAlgorithm: fields.idTokenAlgorithm,
    emailTrusted: fields.emailTrusted ?? defaults.emailTrusted,
  };
}

const section = 'OAuth';

/** Login with the accounts of other providers. */
export const oauthVariables = {
  AUTH_OAUTH_PROVIDERS: {
    section,
    description:
      'JSON object of providers to log in with, by name: ' +
      '`{"google":{"clientId":"…","clientSecret":"…"},"acme":{"issuer":"https://login.acme.example","clientId":"…",' +
      '"clientSecret":"…"}}`. Further members: `preset` (oidc, google, microsoft or github; by default the name, if it ' +
      'is one, else oidc), `scopes`, `idTokenAlgorithm` (RS256 by default) and `emailTrusted` (docs/guides/oauth.md).',
    schema: providers,
    default: '{}',
    secret: true as const,
  },
  AUTH_OAUTH_REDIRECTS: {
    section,
    description:
      'URLs of pages and apps that a login with a provider or on the hosted pages may return to, separated by commas; ' +
      'requests must name one of them exactly.',
    schema: redirects,
    default: '',
  },
} satisfies Record<string, Variable>;
