import type { NewCredential, PasskeyBrowser, UsedCredential } from './passkeys.ts';

/** The API of browsers (WebAuthn level 3), which takes and returns JSON; no library is needed. */
export const browserPasskeys: PasskeyBrowser = {
  async create(options) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
    return credential.toJSON() as NewCredential;
  },
  async get(options) {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return credential.toJSON() as UsedCredential;
  },
};
