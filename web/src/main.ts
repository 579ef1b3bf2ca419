import { mount } from 'svelte';
import App from './App.svelte';
import './ui/tokens.css';
import './ui/base.css';
import { follow } from './route.ts';

const target = document.getElementById('app');
if (target) {
  follow();
  mount(App, { target });
}
