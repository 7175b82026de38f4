import AccountCircleIcon from '@mui/icons-material/AccountCircle';
import { IconButton, ListItemText, Menu, MenuItem } from '@mui/material';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { useGetIdentity, useLogout } from 'react-admin';
import { useNavigate } from 'react-router';
import { lines } from '../kit/page.tsx';

/** The logged-in user: their account and the logout. */
export function UserMenu(): ReactNode {
  const { identity } = useGetIdentity();
  const logout = useLogout();
  const navigate = useNavigate();
  const [anchor, setAnchor] = useState<HTMLElement>();
  const close = (): void => {
    setAnchor(undefined);
  };
  return (
    <>
      <IconButton
        aria-label="Your account"
        aria-haspopup="menu"
        onClick={(event) => {
          setAnchor(event.currentTarget);
        }}
      >
        <AccountCircleIcon />
      </IconButton>
      <Menu
        open={anchor !== undefined}
        anchorEl={anchor ?? null}
        onClose={close}
        slotProps={{ paper: { sx: { maxWidth: 300 } } }}
      >
        <MenuItem
          onClick={() => {
            close();
            void navigate('/account');
          }}
        >
          <ListItemText
            primary={identity?.fullName ?? 'Your account'}
            secondary={String(identity?.['email'] ?? '')}
            slotProps={{ primary: { sx: lines(2) }, secondary: { sx: lines(2) } }}
          />
        </MenuItem>
        <MenuItem onClick={() => void logout({}, '/login', false)}>Log out</MenuItem>
      </Menu>
    </>
  );
}
