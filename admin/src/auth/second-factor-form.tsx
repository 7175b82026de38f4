import { Alert, Button, Link, Stack, Typography } from '@mui/material';
import type { SubmitEvent, ReactNode } from 'react';
import { useState } from 'react';
import { FormField } from '../kit/form-field.tsx';
import type { MfaRequired } from './login-steps.ts';
import { byCode, bySecondPasskey, hasPasskeys, useLoginSteps } from './login-steps.ts';

type CodeMethod = 'totp' | 'recovery-code';

interface SecondFactorProps {
  readonly challenge: MfaRequired;
  readonly onLogin: () => void;
  readonly onRestart: () => void;
}

/** Completes a login with one of the second factors of the account. */
export function SecondFactorForm({ challenge, onLogin, onRestart }: SecondFactorProps): ReactNode {
  const codeMethods = challenge.methods.filter((method): method is CodeMethod => method !== 'passkey');
  const [method, setMethod] = useState<CodeMethod>(codeMethods.includes('totp') ? 'totp' : 'recovery-code');
  const [code, setCode] = useState('');
  const { message, busy, attempt } = useLoginSteps(({ kind }) => {
    if (kind === 'logged-in') onLogin();
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void attempt(async () => await byCode(challenge, method, code.trim()));
  };
  const isTotp = method === 'totp';

  return (
    <Stack component="form" spacing={2} onSubmit={submit} noValidate>
      <Typography color="textSecondary">
        {isTotp
          ? 'Enter the code that your authenticator app shows.'
          : 'Enter one of your recovery codes. Each works once.'}
      </Typography>
      {message !== undefined && <Alert severity="error">{message}</Alert>}
      <FormField
        key={method}
        label={isTotp ? 'Code' : 'Recovery code'}
        name="code"
        value={code}
        onChange={setCode}
        autoComplete="one-time-code"
        slotProps={{ htmlInput: { inputMode: isTotp ? 'numeric' : 'text', spellCheck: false } }}
        autoFocus
        required
      />
      <Button type="submit" variant="contained" size="large" loading={busy} disabled={code.trim() === ''}>
        Continue
      </Button>
      {challenge.methods.includes('passkey') && hasPasskeys && (
        <Button
          variant="outlined"
          disabled={busy}
          onClick={() => void attempt(async () => await bySecondPasskey(challenge))}
        >
          Use a passkey
        </Button>
      )}
      {codeMethods.length > 1 && (
        <Link
          component="button"
          type="button"
          onClick={() => {
            setMethod(isTotp ? 'recovery-code' : 'totp');
            setCode('');
          }}
        >
          {isTotp ? 'Use a recovery code' : 'Use the authenticator app'}
        </Link>
      )}
      <Link component="button" type="button" onClick={onRestart}>
        Log in as another user
      </Link>
    </Stack>
  );
}
