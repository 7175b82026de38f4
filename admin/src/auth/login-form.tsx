import { Alert, Button, Divider, Stack } from '@mui/material';
import FingerprintIcon from '@mui/icons-material/Fingerprint';
import type { SubmitEvent, ReactNode } from 'react';
import { useState } from 'react';
import { FormField } from '../kit/form-field.tsx';
import type { MfaRequired } from './login-steps.ts';
import { byPasskey, byPassword, hasPasskeys, useLoginSteps } from './login-steps.ts';
import { SecondFactorForm } from './second-factor-form.tsx';

/** Logs in: email address and password, then the second factor; or a passkey alone. */
export function LoginForm({ onLogin, email: known = '' }: { onLogin: () => void; email?: string }): ReactNode {
  const [challenge, setChallenge] = useState<MfaRequired>();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const { message, busy, attempt } = useLoginSteps((outcome) => {
    if (outcome.kind === 'second-factor') setChallenge(outcome.challenge);
    if (outcome.kind === 'logged-in') onLogin();
  });
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
