import MenuIcon from '@mui/icons-material/Menu';
import { AppBar, Box, Drawer, IconButton, Link, Toolbar, useMediaQuery } from '@mui/material';
import type { ReactNode } from 'react';
import { Suspense, useEffect, useState } from 'react';
import { ToggleThemeButton } from 'react-admin';
import { useLocation } from 'react-router';
import { onSessionChange } from '../api/session.ts';
import { Brand } from '../auth/brand.tsx';
import { Loading } from '../kit/list-page.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Menu } from './menu.tsx';
import { Prompts } from './prompts.tsx';
import { UserMenu } from './user-menu.tsx';

const menuWidth = 232;
/** The menu is as high as the page, and its entries stay in view. */
const besideContent = { position: 'relative', minHeight: '100%', overflow: 'visible' };

/** The frame of the console: app bar, menu, and the screen. */
export function Layout({ children }: { children: ReactNode }): ReactNode {
  const isWide = useMediaQuery((theme) => theme.breakpoints.up('md'), { noSsr: true });
  const { pathname } = useLocation();
  // The page on which the menu was opened: another page closes it.
  const [openAt, setOpenAt] = useState<string>();
  const isOpen = openAt === pathname;
  const setOpen = (open: boolean): void => {
    setOpenAt(open ? pathname : undefined);
  };
  // Nothing of the user is shown after a logout in another tab.
  useEffect(
    () =>
      onSessionChange('logged-out', () => {
        location.reload();
      }),
    [],
  );

  return (
    <Box sx={{ display: 'flex', minHeight: '100dvh', bgcolor: 'background.default' }}>
      <SkipLink />
      <AppBar
        position="fixed"
        color="transparent"
        elevation={0}
        sx={{
          bgcolor: 'background.paper',
          borderBottom: 1,
          borderColor: 'divider',
          zIndex: (theme) => theme.zIndex.drawer + 1,
        }}
      >
        <Toolbar sx={{ gap: 1 }}>
          {!isWide && (
            <IconButton
              edge="start"
              aria-label="Menu"
              aria-expanded={isOpen}
              onClick={() => {
                setOpen(!isOpen);
              }}
            >
              <MenuIcon />
            </IconButton>
          )}
          <Box sx={{ flex: 1, minWidth: 0 }}>
            <Brand />
          </Box>
          <ToggleThemeButton />
          <UserMenu />
        </Toolbar>
      </AppBar>
      <Drawer
        variant={isWide ? 'permanent' : 'temporary'}
        open={isWide || isOpen}
        onClose={() => {
          setOpen(false);
        }}
        slotProps={{ paper: { sx: { width: menuWidth, bgcolor: 'background.paper', ...(isWide && besideContent) } } }}
        sx={{ width: isWide ? menuWidth : 0, flexShrink: 0 }}
      >
        <Box sx={{ position: 'sticky', top: 0 }}>
          <Toolbar />
          <Menu />
        </Box>
      </Drawer>
      <Box
        component="main"
        id="content"
        tabIndex={-1}
        sx={{ flex: 1, minWidth: 0, p: { xs: 2, sm: 3 }, outline: 'none' }}
      >
        <Toolbar />
        <ErrorBoundary key={pathname}>
          <Suspense fallback={<Loading />}>{children}</Suspense>
        </ErrorBoundary>
      </Box>
      <Prompts />
    </Box>
  );
}

/** Not a link to `#content`, which would be a route. */
function SkipLink(): ReactNode {
  return (
    <Link
      component="button"
      onClick={() => document.getElementById('content')?.focus()}
      sx={{
        position: 'fixed',
        top: -80,
        left: 16,
        zIndex: 2000,
        p: 1.5,
        bgcolor: 'background.paper',
        '&:focus': { top: 8 },
      }}
    >
      Skip to the content
    </Link>
  );
}
