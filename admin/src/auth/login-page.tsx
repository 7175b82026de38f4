import { Alert, Box, Card, Link, Stack, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { Notification, useLogin } from 'react-admin';
import { useLocation, useNavigate } from 'react-router';
import { isLogoutPending, onSessionChange, session } from '../api/session.ts';
import { configuration } from '../configuration.ts';
import { Brand } from './brand.tsx';
import { LoginForm } from './login-form.tsx';

/** The page at `#/login`, which returns to the page that required the login. */
export function LoginPage(): ReactNode {
  const login = useLogin();
  const navigate = useNavigate();
  const current: { readonly state: unknown } = useLocation();
  const hasReturn = typeof current.state === 'object' && current.state !== null;
  useEffect(() => {
    document.title = `Log in · ${configuration.appName}`;
    // A logged-in user has followed a bookmark or used the back button.
    if (session.isOpen) void navigate('/', { replace: true });
  }, [navigate]);
  useEffect(
    () =>
      onSessionChange('logged-in', () => {
        location.reload();
      }),
    [],
  );

  return (
    <LoginFrame title="Log in">
      {isLogoutPending() && (
        <Alert severity="warning">
          The service could not be reached, so your session has not ended yet. Load this page again to end it.
        </Alert>
      )}
      <LoginForm onLogin={() => void (hasReturn ? login({}) : login({}, '/'))} />
      {/* The hosted pages have emailed links and the login providers. */}
      <Stack direction="row" spacing={2} useFlexGap sx={{ justifyContent: 'space-between', flexWrap: 'wrap' }}>
        <Link href={`${configuration.serviceUrl}account/forgot-password`}>Forgot your password?</Link>
        <Link href={`${configuration.serviceUrl}account/login`}>Other ways to log in</Link>
      </Stack>
      <Notification />
    </LoginFrame>
  );
}

/** Of the heading, which names the dialog. */
export const loginTitleId = 'login-title';

/** The frame of the login, as a page and as the dialog after a session has ended. */
export function LoginFrame({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <Box
      component="main"
      sx={{ minHeight: '100dvh', display: 'grid', placeItems: 'center', p: 2, bgcolor: 'background.default' }}
    >
      <Card variant="outlined" sx={{ width: '100%', maxWidth: 400, p: { xs: 3, sm: 4 } }}>
        <Stack spacing={3}>
          <Brand size={36} />
          <Typography component="h1" variant="h5" id={loginTitleId}>
            {title}
          </Typography>
          {children}
        </Stack>
      </Card>
    </Box>
  );
}
