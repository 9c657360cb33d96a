module example.org/gopher

go 1.24

require example.org/Greet v1.0.0
