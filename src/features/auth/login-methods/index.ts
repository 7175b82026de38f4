export { LastLoginMethod, SecondFactorRequired } from './login-methods.errors.ts';
export { LoginMethodsModule } from './login-methods.module.ts';
export { LoginMethodsService } from './login-methods.service.ts';
