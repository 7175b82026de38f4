import { List, ListItem, ListItemButton, ListItemIcon, ListItemText } from '@mui/material';
import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import { canSee } from '../area.ts';
import { areas } from '../areas.ts';
import { useAccess } from '../auth/permissions.ts';

/** The areas that the user's permissions allow. */
export function Menu(): ReactNode {
  const access = useAccess();
  return (
    <nav aria-label="Areas">
      <List sx={{ p: 1.5, display: 'grid', gap: 0.5 }}>
        {areas
          .filter((area) => canSee(area, access))
          .map(({ name, label, icon: Icon }) => (
            <ListItem key={name} disablePadding>
              <ListItemButton
                component={NavLink}
                to={`/${name}`}
                sx={{
                  ...{ borderRadius: 2, minHeight: 44, color: 'text.secondary' },
                  '&.active': { bgcolor: 'action.selected', color: 'primary.main', '& svg': { color: 'primary.main' } },
                }}
              >
                <ListItemIcon sx={{ minWidth: 38 }}>
                  <Icon fontSize="small" />
                </ListItemIcon>
                <ListItemText
                  primary={label}
                  slotProps={{ primary: { sx: { fontWeight: 600, fontSize: '0.925rem' } } }}
                />
              </ListItemButton>
            </ListItem>
          ))}
      </List>
    </nav>
  );
}
