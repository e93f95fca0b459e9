"""Is it alive, is it ready, and how fast is it: the answers for a supervisor, a load balancer and Prometheus."""
