module dhakacart.io/dev/node/nodekit

go 1.26.0
