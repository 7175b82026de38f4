import { Alert, Button, Divider, Stack } from '@mui/material';
import FingerprintIcon from '@mui/icons-material/Fingerprint';
import type { SubmitEvent, ReactNode } from 'react';
import { useState } from 'react';
import { FormField } from '../kit/form-field.tsx';
import type { MfaRequired, Outcome } from './login-steps.ts';
import { byPasskey, byPassword, hasPasskeys } from './login-steps.ts';
import { SecondFactorForm } from './second-factor-form.tsx';

/** Logs in: email address and password, then the second factor; or a passkey alone. */
export function LoginForm({ onLogin, email: known = '' }: { onLogin: () => void; email?: string }): ReactNode {
  const [challenge, setChallenge] = useState<MfaRequired>();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [message, setMessage] = useState<string>();
  const [busy, setBusy] = useState(false);

  const attempt = async (step: () => Promise<Outcome>): Promise<void> => {
    setBusy(true);
    const outcome = await step();
    setBusy(false);
    setMessage(outcome.kind === 'refused' ? outcome.message : undefined);
    if (outcome.kind === 'second-factor') setChallenge(outcome.challenge);
    if (outcome.kind === 'logged-in') onLogin();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void attempt(async () => await byPassword(email, password));
  };

  if (challenge !== undefined) {
    const restart = (): void => {
      setChallenge(undefined);
      setPassword('');
    };
    return <SecondFactorForm challenge={challenge} onLogin={onLogin} onRestart={restart} />;
  }
  return (
    <Stack component="form" spacing={2} onSubmit={submit} noValidate>
      {message !== undefined && <Alert severity="error">{message}</Alert>}
      <FormField
        label="Email"
        type="email"
        name="email"
        autoComplete="username webauthn"
        value={email}
        onChange={setEmail}
        autoFocus={known === ''}
        required
      />
      <FormField
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        autoFocus={known !== ''}
        required
      />
      <Button type="submit" variant="contained" size="large" loading={busy} disabled={email === '' || password === ''}>
        Log in
      </Button>
      {hasPasskeys && (
        <>
          <Divider>or</Divider>
          <Button
            variant="outlined"
            size="large"
            startIcon={<FingerprintIcon />}
            disabled={busy}
            onClick={() => void attempt(byPasskey)}
          >
            Use a passkey
          </Button>
        </>
      )}
    </Stack>
  );
}
