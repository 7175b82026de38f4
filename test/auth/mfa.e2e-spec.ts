import './login/step-up.cases.ts';
