import { isIP } from 'node:net';
import { z } from 'zod';
import { originError } from './http.ts';
import type { Variable } from './values.ts';
import { checkedList } from './values.ts';

const domainName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The origin of an Android app: the SHA-256 of the certificate that signed it, as the Credential Manager sends it
 * (https://developer.android.com/identity/sign-in/credential-manager#verify-origin).
 */
const androidOrigin = /^android:apk-key-hash:[\w-]{43}$/;

export function isAndroidOrigin(origin: string): boolean {
  return androidOrigin.test(origin);
}

function passkeyOriginError(origin: string): string | undefined {
  if (isAndroidOrigin(origin)) return undefined;
  if (!origin.startsWith('android:')) return originError(origin);
  return 'must be android:apk-key-hash: and the SHA-256 of the certificate, 43 characters of base64url';
}

/** Passkeys (WebAuthn level 3). */
export const passkeyVariables = {
  AUTH_PASSKEY_RP_ID: {
    section: 'Auth',
    description:
      'The domain that passkeys belong to, without a port: example.com also covers app.example.com. If it changes, all ' +
      'passkeys become unusable. Default: the host of APP_URL, else of PUBLIC_URL; localhost for a loopback IP address. ' +
      'Browsers have no passkeys for IP addresses: with any other IP address as the default the routes of passkeys ' +
      'return 404.',
    schema: z
      .string()
      .refine((value) => isIP(value) === 0, 'must not be an IP address: browsers have no passkeys for them')
      .refine((value) => domainName.test(value), 'must be a domain in lower case without a port, such as example.com'),
  },
  AUTH_PASSKEY_ORIGINS: {
    section: 'Auth',
    description:
      'Origins of the pages that may use passkeys, separated by commas; each host is AUTH_PASSKEY_RP_ID or below it. ' +
      'Android apps have android:apk-key-hash: and the SHA-256 of their certificate in base64url. Default: those of ' +
      'APP_URL and PUBLIC_URL that are.',
    schema: checkedList(passkeyOriginError),
  },
} satisfies Record<string, Variable>;
