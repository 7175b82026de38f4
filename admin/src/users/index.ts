import Icon from '@mui/icons-material/PeopleOutlined';
import type { Area } from '../area.ts';

export const users: Area = {
  name: 'users',
  label: 'Users',
  icon: Icon,
  permission: 'users:read',
  resource: {
    list: () => import('./user-list.tsx'),
    create: () => import('./user-create.tsx'),
    edit: () => import('./user-edit.tsx'),
    show: () => import('./user-show.tsx'),
  },
};
