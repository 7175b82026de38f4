import { Alert, AlertTitle } from '@mui/material';
import type { ComponentType, ReactNode } from 'react';
import { lazy, Suspense } from 'react';
import { usePermissions } from 'react-admin';
import { Navigate } from 'react-router';
import type { Area, Screen } from './area.ts';
import { canSee } from './area.ts';
import { areas } from './areas.ts';
import type { Access } from './auth/permissions.ts';
import { Loading, Pending } from './kit/list-page.tsx';
import { Page } from './kit/page.tsx';

/** Where a user adds the second factor that a role requires. */
const enrolPath = '/account?tab=security';

/** A screen that is loaded when it is shown, to users whose permissions allow its area. */
export function areaScreen(area: Area, load: Screen): ComponentType {
  const Content = lazy(load);
  return function AreaScreen(): ReactNode {
    const { permissions: access, error, refetch } = usePermissions<Access | null>();
    // A later failure keeps the screen, and what was typed in it.
    if (access === undefined || access === null) return <Pending error={error} refetch={refetch} />;
    if (access.mustEnrol && area.own !== true) return <Navigate to={enrolPath} replace />;
    if (!canSee(area, access)) return <NotPermitted />;
    return (
      <Suspense fallback={<Loading />}>
        <Content />
      </Suspense>
    );
  };
}

/** The first area that the user's permissions allow. */
export function Home(): ReactNode {
  const { permissions: access, error, refetch } = usePermissions<Access | null>();
  if (error !== null || access === undefined || access === null) return <Pending error={error} refetch={refetch} />;
  if (access.mustEnrol) return <Navigate to={enrolPath} replace />;
  return <Navigate to={`/${areas.find((area) => canSee(area, access))?.name ?? ''}`} replace />;
}

export function NotFound(): ReactNode {
  return <Page title="Page not found">There is no page at this URL. Choose one in the menu.</Page>;
}

function NotPermitted(): ReactNode {
  return (
    <Page title="Not permitted">
      <Alert severity="info">
        <AlertTitle>Your roles do not permit this page</AlertTitle>
        An administrator can give you another role.
      </Alert>
    </Page>
  );
}
