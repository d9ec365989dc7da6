<?php
// The contract served by PHP's SoapServer: `php -S 127.0.0.1:PORT php_server.php`; notices go to the file of $NOTICES.

class Shape
{
    public $name;
}

class Circle extends Shape
{
    public $radius;
}

class Ring extends Circle
{
    public $inner;
}

class Contract
{
    private ?object $session = null;

    public function session($header)
    {
        $this->session = $header;
    }

    public function echoScalars($request)
    {
        return $request;
    }

    public function echoArrays($request)
    {
        return $request;
    }

    public function echoShape($request)
    {
        return $request;
    }

    public function echoPayment($request)
    {
        return $request;
    }

    public function whoAmI($request)
    {
        global $server;
        if ($this->session === null) {
            throw new SoapFault('Client', 'no session header arrived');
        }
        $server->addSoapHeader(new SoapHeader('urn:wsx:contract', 'trace', ['id' => "after {$this->session->token}"]));
        return ['token' => $this->session->token, 'step' => $this->session->step];
    }

    public function divide($request)
    {
        if ($request->divisor === 0) {
            $detail = ['dividend' => $request->dividend, 'hint' => 'take another divisor'];
            throw new SoapFault('Client', 'division by zero', null, $detail, 'divisionByZero');
        }
        if ($request->dividend > 1000) {
            throw new SoapFault('Client', 'out of range', null, 1000, 'outOfRange');
        }
        if ($request->dividend < 0) {
            throw new SoapFault('Server', 'not declared');
        }
        return ['quotient' => intdiv($request->dividend, $request->divisor)];
    }

    public function notify($request)
    {
        file_put_contents(getenv('NOTICES'), json_encode($request->text) . "\n", FILE_APPEND);
    }

    public function notices($request)
    {
        return ['text' => array_map('json_decode', file(getenv('NOTICES')) ?: [])];
    }
}

if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    header('Content-Type: text/plain');
    echo 'ready';
    return;
}

// Types that have others derived from them are known to PHP as classes, or they would lose their xsi:type.
$server = new SoapServer(__DIR__ . '/contract.wsdl', [
    'cache_wsdl' => WSDL_CACHE_NONE,
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'classmap' => ['Shape' => 'Shape', 'Circle' => 'Circle', 'Ring' => 'Ring'],
]);
$server->setObject(new Contract());
$server->handle();
