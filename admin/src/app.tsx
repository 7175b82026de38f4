import { CssBaseline, ThemeProvider, createTheme } from '@mui/material';
import { QueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Admin, CustomRoutes, Resource } from 'react-admin';
import { createHashRouter, Route, RouterProvider } from 'react-router';
import { receiveProviderReturn } from './account/provider-link.ts';
import { dataProvider } from './api/data-provider.ts';
import { areaScreen, Home, NotFound } from './area-screen.tsx';
import type { Area } from './area.ts';
import { areas } from './areas.ts';
import { authProvider } from './auth/auth-provider.ts';
import { LoginPage } from './auth/login-page.tsx';
import { configuration } from './configuration.ts';
import { Layout } from './layout/layout.tsx';
import { darkTheme, lightTheme } from './layout/theme.ts';
import { Start } from './start.tsx';

/** Without a network a request fails at once, and the page says so, instead of waiting. */
const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: false, networkMode: 'always', staleTime: 1000 },
    mutations: { retry: false, networkMode: 'always' },
  },
});

const resources = areas.flatMap((area) => (area.resource === undefined ? [] : [resourceOf(area, area.resource)]));
const pages = areas.flatMap((area) => Object.entries(area.pages ?? {}).map(([path, load]) => pageOf(area, path, load)));

// The router reads the URL when it is created.
receiveProviderReturn();
const router = createHashRouter([{ path: '*', element: <Console /> }]);
const startTheme = createTheme(prefersDark() ? darkTheme : lightTheme);

export function App(): ReactNode {
  return (
    <ThemeProvider theme={startTheme}>
      <CssBaseline />
      <Start>
        {/* As a transition, the way to the login would wait for the page that requires it, which logs out again. */}
        <RouterProvider router={router} useTransitions={false} />
      </Start>
    </ThemeProvider>
  );
}

function Console(): ReactNode {
  return (
    <Admin
      title={configuration.appName}
      dataProvider={dataProvider}
      authProvider={authProvider}
      queryClient={queryClient}
      theme={lightTheme}
      darkTheme={darkTheme}
      defaultTheme={prefersDark() ? 'dark' : 'light'}
      layout={Layout}
      loginPage={LoginPage}
      dashboard={Home}
      catchAll={NotFound}
      requireAuth
      // It would load an image from the site of react-admin.
      disableTelemetry
    >
      {resources}
      <CustomRoutes>{pages}</CustomRoutes>
    </Admin>
  );
}

function resourceOf(area: Area, { list, create, edit, show, title }: NonNullable<Area['resource']>): ReactNode {
  return (
    <Resource
      key={area.name}
      name={area.name}
      {...(list && { list: areaScreen(area, list) })}
      {...(create && { create: areaScreen(area, create) })}
      {...(edit && { edit: areaScreen(area, edit) })}
      {...(show && { show: areaScreen(area, show) })}
      {...(title && { recordRepresentation: title })}
    />
  );
}

function pageOf(area: Area, path: string, load: NonNullable<Area['pages']>[string]): ReactNode {
  const Screen = areaScreen(area, load);
  const route = `/${area.name}${path === '' ? '' : `/${path}`}`;
  return <Route key={route} path={route} element={<Screen />} />;
}

function prefersDark(): boolean {
  return matchMedia('(prefers-color-scheme: dark)').matches;
}
