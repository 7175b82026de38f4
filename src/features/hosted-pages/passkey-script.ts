import { versionedPath } from './page-scripts.ts';

/** Shows the forms that log in with a passkey, and fills them with what the browser returns (WebAuthn level 3). */
export const passkeyScript = `'use strict';
const supported = typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
for (const form of supported ? document.querySelectorAll('[data-passkey]') : []) {
  form.hidden = false;
  for (const other of document.querySelectorAll('[data-passkey-only]')) other.hidden = false;
  const message = document.createElement('p');
  message.className = 'error';
  message.setAttribute('role', 'alert');
  form.append(message);
  let isBusy = false;
  const use = async () => {
    const body = new URLSearchParams(new FormData(form));
    const response = await fetch(form.dataset.passkey, { method: 'POST', body });
    if (!response.ok) throw new Error('no options');
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await response.json());
    const credential = await navigator.credentials.get({ publicKey });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    message.textContent = '';
    use().then(() => { form.submit(); }, () => {
      isBusy = false;
      message.textContent = form.dataset.failed;
    });
  });
}
`;

export const passkeyScriptPath = versionedPath('passkey.js', passkeyScript);
